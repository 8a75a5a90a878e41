use super::*;

#[test]
fn what_is_fetched_is_told_from_paths() {
    let read = |text: &str| Location::read(OsStr::new(text)).unwrap();
    let path = |text: &str| Location::Path(text.into());
    for text in ["config.json", "./a:b", "/etc", "s3:x", "a/ssm:b"] {
        assert_eq!(read(text), path(text));
    }
    let object = Remote::Object {
        bucket: "bucket".into(),
        key: "a/b c.json".into(),
    };
    assert_eq!(read("s3://bucket/a/b c.json"), Location::Remote(object));
    let parameter = Remote::Parameter("/a/b:3".into());
    assert_eq!(read("ssm:/a/b:3"), Location::Remote(parameter));
    assert!(matches!(
        read("HTTPS://user:pass@host/x?y"),
        Location::Remote(remote) if remote.to_string() == "https://host/x"
    ));
}

#[test]
fn a_list_is_split_at_colons_that_are_no_part_of_a_url() {
    for (list, parts) in [
        ("a.json", &["a.json"][..]),
        ("a.json:/etc/b.yaml:", &["a.json", "/etc/b.yaml"]),
        (
            "https://host:8443/a:s3://bucket/key:ssm:/name:b",
            &["https://host:8443/a", "s3://bucket/key", "ssm:/name", "b"],
        ),
        ("http://[::1]:80/x:y", &["http://[::1]:80/x", "y"]),
        ("https://host/a:80", &["https://host/a", "80"]),
        ("ssm:/a:3:ssm:/b", &["ssm:/a:3", "ssm:/b"]),
        (
            "ssm:arn:aws:ssm:eu-west-1:123456789012:parameter/a:b",
            &["ssm:arn:aws:ssm:eu-west-1:123456789012:parameter/a", "b"],
        ),
    ] {
        assert_eq!(split(list), parts);
    }
}
