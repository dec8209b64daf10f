//! The file that the page is written to.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::Page;
use crate::support::configure;

#[test]
fn secrets_stay_on_the_host_and_the_file_is_its_owners_alone() {
    let page = Page::new();
    page.crashes.leave(|report| {
        let log = report.log.as_mut().unwrap();
        log.lines = vec!["password=hunter2hunter2".to_owned(), "order 4711 failed".to_owned()];
        report.job.name = "shop-4711".to_owned();
    });
    page.write(&[]);
    assert!(!page.text().contains("hunter2") && page.text().contains("[redacted: password]"));
    assert!(page.text().contains("What is known as a secret was removed from it."));
    let mode = fs::metadata(page.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    configure(&page.host, "[redaction]\npatterns = [\"4711\"]\n");
    page.write(&[]);
    assert!(!page.text().contains("4711"), "the operator's own are removed too, from names too");

    page.host.config("[redaction]\npaterns = []\n");
    let before = page.text();
    let broken = page.command(page.file().to_str().unwrap(), &[]);
    assert_eq!(broken.status.code(), Some(78), "{broken:?}");
    assert_eq!(page.text(), before);
}

#[test]
fn the_page_goes_where_it_is_to_go_or_nowhere() {
    let page = Page::new();
    let said = page.write(&[]);
    assert!(said.starts_with("0 reports on 0 jobs, "), "{said}");
    assert!(page.text().contains("No crash was reported in this time."));

    page.live();
    let torn = page.host.names("/var/spool/upstart-monitor/new").remove(0);
    page.host.write(&format!("/var/spool/upstart-monitor/new/{torn}"), "{");
    let out = page.command("-", &[]);
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.starts_with("<!doctype html>") && text.ends_with("</html>\n"));
    assert!(text.contains(" 1 report could not be read."));
    assert!(String::from_utf8(out.stderr).unwrap().contains(&torn));

    symlink(page.file(), page.host.path("/link.html")).unwrap();
    let directory = page.host.path("/").to_str().unwrap().to_owned();
    for (file, why) in [
        (page.host.path("/link.html").to_str().unwrap(), "no plain file"),
        (&*directory, "no plain file"),
        ("/dev/null", "no plain file"),
        (page.host.path("/nowhere/x.html").to_str().unwrap(), "No such file"),
    ] {
        let refused = page.command(file, &[]);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(said.contains(&format!("cannot write {file}: ")) && said.contains(why), "{said}");
    }
}
