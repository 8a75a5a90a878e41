use super::*;

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
