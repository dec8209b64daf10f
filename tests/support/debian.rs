//! A minimal Debian of a test's own, in which packages are installed by its dpkg.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::CloneFlags;

use super::mounts::layers_over;
use super::require_root;

/// The package that is tested.
pub const PACKAGE: &str = "upstart-monitor-hooks";

/// What changes below a root, each by its path: mode, owner, group, and size or target.
pub type Tree = BTreeMap<String, String>;

/// A system that only this test's thread, and what it starts, can see. It is forgotten at the end.
pub struct Debian {
    layers: tempfile::TempDir,
}

/// What a command in there has said, and whether it went well.
#[derive(Debug)]
pub struct Done {
    pub ok: bool,
    pub text: String,
}

impl Done {
    /// Fails the test unless the command went well.
    #[track_caller]
    pub fn well(self) -> String {
        assert!(self.ok, "{}", self.text);
        self.text
    }

    /// Fails the test unless the command failed and said each of `words`.
    #[track_caller]
    pub fn refused(self, words: &[&str]) {
        assert!(!self.ok, "{}", self.text);
        for words in words {
            assert!(self.text.contains(words), "{words:?} is not said: {}", self.text);
        }
    }
}

impl Debian {
    /// As debootstrap left it; no init can be called from in there.
    pub fn new() -> Self {
        require_root();
        let made = Command::new(project("scripts/debian-tree.sh")).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let lower = String::from_utf8(made.stdout).unwrap();

        let layers = layers_over(lower.trim(), CloneFlags::CLONE_NEWNET);
        let proc = layers.path().join("root/proc");
        mount(Some("/proc"), &proc, None::<&str>, MsFlags::MS_BIND, None::<&str>).unwrap();
        Self { layers }
    }

    /// `absolute` in there. Its /var/run is a link, which would lead out of the root from here.
    pub fn path(&self, absolute: &str) -> PathBuf {
        let within = absolute.strip_prefix("/var").filter(|path| path.starts_with("/run/"));
        let within = within.unwrap_or(absolute).trim_start_matches('/');
        self.layers.path().join("root").join(within)
    }

    /// What the file at `absolute` holds.
    pub fn read(&self, absolute: &str) -> String {
        fs::read_to_string(self.path(absolute)).unwrap()
    }

    /// Writes `text` to `absolute`.
    pub fn write(&self, absolute: &str, text: &str) {
        let path = self.path(absolute);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Whether anything lies at `absolute`.
    pub fn has(&self, absolute: &str) -> bool {
        self.path(absolute).symlink_metadata().is_ok()
    }

    /// Runs `script` in there, as init would: with its environment and nobody to ask.
    pub fn run(&self, script: &str) -> Done {
        let mut command = Command::new("chroot");
        command.arg(self.path("/")).args(["/bin/sh", "-c", &format!("exec 2>&1\n{script}")]);
        command.env_clear().env("PATH", "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Done { ok: output.status.success(), text }
    }

    /// `dpkg -i` of the package in the file `deb`, whose changed conffiles are kept.
    pub fn install(&self, deb: &Path) -> Done {
        fs::copy(deb, self.path("/package.deb")).unwrap();
        let done = self.run("dpkg --force-confold -i /package.deb");
        fs::remove_file(self.path("/package.deb")).unwrap();
        done
    }

    /// What dpkg says of the package: `installed`, `config-files`, or nothing.
    pub fn status(&self) -> String {
        let asked = self.run(&format!("dpkg-query -W -f '${{db:Status-Status}}' {PACKAGE}"));
        if asked.ok { asked.text } else { String::new() }
    }

    /// Everything in there, but for what dpkg keeps on packages.
    pub fn tree(&self) -> Tree {
        let root = self.path("/");
        let mut tree = Tree::new();
        add(&mut tree, &root, &root);
        tree
    }
}

impl Drop for Debian {
    fn drop(&mut self) {
        let _ = umount2(&self.path("/proc"), MntFlags::MNT_DETACH);
        let _ = umount2(&self.path("/"), MntFlags::MNT_DETACH);
        let _ = umount2(self.layers.path(), MntFlags::MNT_DETACH);
    }
}

/// A path of this project.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The package whose file's name ends in `kind`, as `make packages` made it for this machine.
pub fn made(kind: &str) -> PathBuf {
    made_in(&project("dist"), kind)
}

/// The same of the directory `dist`.
pub fn made_in(dist: &Path, kind: &str) -> PathBuf {
    let arch =
        if cfg!(target_arch = "x86_64") { ["amd64", "x86_64"] } else { ["arm64", "aarch64"] };
    let version = env!("CARGO_PKG_VERSION");
    let is_it = |name: &str| {
        let rest = name.strip_prefix(PACKAGE).and_then(|rest| rest[1..].strip_prefix(version));
        rest.is_some_and(|rest| arch.iter().any(|arch| rest.ends_with(&format!("{arch}{kind}"))))
    };
    let mut files = fs::read_dir(dist).into_iter().flatten().map(|file| file.unwrap().path());
    let file = files.find(|file| is_it(&file.file_name().unwrap().to_string_lossy()));
    file.unwrap_or_else(|| panic!("no {kind} of {version} in {}: make packages", dist.display()))
}

/// The tree below `root`, where no package manager is.
pub fn tree_of(root: &Path) -> Tree {
    let mut tree = Tree::new();
    add(&mut tree, root, root);
    tree
}

fn add(tree: &mut Tree, root: &Path, directory: &Path) {
    const OF_DPKG: [&str; 3] = ["/var/lib/dpkg", "/var/log/dpkg.log", "/proc"];
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("/{}", path.strip_prefix(root).unwrap().display());
        if OF_DPKG.contains(&&*name) {
            continue;
        }
        let stat = path.symlink_metadata().unwrap();
        let (mode, owner, group) = (stat.mode(), stat.uid(), stat.gid());
        let what = match path.read_link() {
            Ok(target) => target.display().to_string(),
            Err(_) if stat.is_dir() => String::new(),
            Err(_) => stat.len().to_string(),
        };
        tree.insert(name, format!("{mode:o} {owner}:{group} {what}"));
        if stat.is_dir() {
            add(tree, root, &path);
        }
    }
}
