//! The packages as files: what old tools can read, what is in each, and that two builds give the
//! same bytes. `make test` makes them first.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use support::{Tree, made, made_in, project, tree_of};

/// What `script` says, for which $1 is `argument`; it must go well.
fn say(script: &str, argument: &Path) -> String {
    let mut command = Command::new("sh");
    command.args(["-euc", script, "sh"]).arg(argument).env("LC_ALL", "C");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What comes out of `package` by `unpack`, which is run where it is to lie.
fn unpacked(unpack: &str, package: &Path) -> Tree {
    let directory = tempfile::tempdir().unwrap();
    say(&format!("cd '{}' && {unpack}", directory.path().display()), package);
    tree_of(directory.path())
}

#[test]
#[ignore = "needs `make deb`"]
fn dpkg_of_2012_can_read_the_deb() {
    let deb = made(".deb");
    assert_eq!(say("ar t $1", &deb), "debian-binary\ncontrol.tar.gz\ndata.tar.gz\n");
    let control = say("dpkg-deb -f $1", &deb);
    let fields = control.lines().filter(|line| !line.starts_with(' '));
    let fields: Vec<_> = fields.filter_map(|line| Some(line.split_once(':')?.0)).collect();
    let known = [
        "Package",
        "Version",
        "Architecture",
        "Maintainer",
        "Installed-Size",
        "Section",
        "Priority",
    ];
    assert_eq!(
        fields,
        [&known[..], &["Description"]].concat(),
        "nothing depends, nothing conflicts"
    );
}

#[test]
#[ignore = "needs `make rpm`"]
fn rpm_of_2010_can_read_the_rpm() {
    let rpm = made(".rpm");
    assert_eq!(say("rpm -qp --qf '%{PAYLOADCOMPRESSOR} %{FILEDIGESTALGO}' $1", &rpm), "gzip 8");
    let known = ["CompressedFileNames", "FileDigests", "PayloadFilesHavePrefix"];
    for line in say("rpm -qp --requires $1", &rpm).lines() {
        let feature = line.strip_prefix("rpmlib(").and_then(|line| line.split_once(')'));
        let is_known = feature.is_some_and(|(name, _)| known.contains(&name));
        assert!(is_known || line == "/bin/sh", "it requires {line}");
    }
    let scripts = say("rpm -qp --scripts $1", &rpm);
    assert!(scripts.contains("these jobs name its hooks"), "{scripts}");
    assert!(
        scripts.contains("postuninstall scriptlet"),
        "systemd is told of the removal: {scripts}"
    );
    let configs = say("rpm -qp --configfiles $1", &rpm);
    let conffiles = say("dpkg-deb -I $1 conffiles", &made(".deb"));
    assert_eq!(configs, conffiles);
}

#[test]
#[ignore = "needs `make rpm`"]
fn rpm_installs_what_the_rpm_holds() {
    let (root, rpm) = (tempfile::tempdir().unwrap(), made(".rpm"));
    // Its scripts are the .deb's, and want a shell in there.
    let install = format!("rpm -i --root '{}' --nodeps --noscripts $1", root.path().display());
    say(&install, &rpm);
    let installed = tree_of(root.path());
    let held = unpacked("rpm2archive - <$1 | tar -xpz", &rpm);
    assert!(held.keys().any(|path| path.ends_with("bin/pre-start")), "{held:?}");
    for (path, entry) in &held {
        let is_ours = path.contains("upstart-");
        assert!(
            !is_ours || installed.get(path) == Some(entry),
            "{path}: {:?}",
            installed.get(path)
        );
    }
}

#[test]
#[ignore = "needs `make packages`"]
fn all_three_hold_the_same() {
    let mut deb = unpacked("dpkg-deb -x $1 .", &made(".deb"));
    let mut tarball = unpacked("tar -xpzf $1", &made(".tar.gz"));
    let mut rpm = unpacked("rpm2archive - <$1 | tar -xpz", &made(".rpm"));
    // Of Debian's own.
    deb.retain(|path, _| !path.contains("lintian") && !path.ends_with("/changelog.Debian.gz"));
    // Directories of the system are in the .deb alone, for dpkg wants them.
    for tree in [&mut deb, &mut tarball, &mut rpm] {
        tree.retain(|path, what| !what.starts_with('4') || path.contains("upstart-monitor"));
    }
    assert!(deb.contains_key("/opt/upstart-monitor/bin/pre-start"), "{deb:#?}");
    assert_eq!(tarball, deb);
    assert_eq!(rpm, deb);
}

#[test]
#[ignore = "needs `make deb`"]
fn systemd_starts_what_is_linked_and_looks_after_all_services_but_ours() {
    let units = "/usr/lib/systemd/system";
    let tree = unpacked("dpkg-deb -x $1 .", &made(".deb"));
    for unit in ["upstart-monitor-deliver.path", "upstart-monitor-deliver.service"] {
        let link = &tree[&format!("{units}/multi-user.target.wants/{unit}")];
        assert!(link.ends_with(&format!(" ../{unit}")), "{link}");
        assert!(tree.contains_key(&format!("{units}/{unit}")));
    }
    let name = "50-upstart-monitor.conf";
    let read = |directory: &str| {
        let path = format!("packaging/systemd/{directory}/{name}");
        assert!(tree.contains_key(&format!("{units}/{directory}/{name}")));
        fs::read_to_string(project(&path)).unwrap()
    };
    let sets =
        |text: &str| text.lines().filter(|line| !line.starts_with('#')).any(|l| l.contains('='));
    assert!(sets(&read("service.d")));
    assert!(!sets(&read("upstart-monitor-deliver.service.d")), "it takes the other's place");
}

#[test]
#[ignore = "needs `make packages`"]
fn two_builds_are_the_same_bytes() {
    let elsewhere = tempfile::tempdir().unwrap();
    let here = tempfile::tempdir().unwrap();
    let build = |out: &Path, before: &str| {
        let programs = project("dist/bin");
        let programs = programs.display();
        let script = format!(
            "{before}; SOURCE_DATE_EPOCH=1700000000 PROGRAMS={programs} OUT=$1 \
             scripts/package.sh deb rpm tarball"
        );
        say(&script, out);
    };
    let project = project("").display().to_string();
    build(here.path(), &format!("cd {project}; umask 022"));
    let copy = "cp -r $(ls -A | grep -vxE 'target|dist|\\.git') $1; mkdir $1/dist
                cp -r dist/man dist/completions $1/dist
                cd $1; umask 077";
    build(elsewhere.path(), &format!("cd {project}; {copy}; TZ=Asia/Tokyo; export TZ"));
    for kind in [".deb", ".rpm", ".tar.gz"] {
        let [here, elsewhere] = [here.path(), elsewhere.path()].map(|dist| made_in(dist, kind));
        assert!(fs::read(here).unwrap() == fs::read(&elsewhere).unwrap(), "{kind} differs");
        assert_eq!(fs::metadata(elsewhere).unwrap().mode() & 0o777, 0o644);
    }
}

#[test]
#[ignore = "needs `make deb`"]
fn lintian_finds_nothing_that_is_not_explained() {
    let check = "lintian --allow-root --fail-on error,warning $1";
    assert_eq!(say(check, &made(".deb")), "");
}
