output "backend" {
  description = "Contents of environments/production.s3.tfbackend."
  value       = <<-TEXT
    bucket     = "${aws_s3_bucket.state.id}"
    region     = "${var.region}"
    kms_key_id = "${aws_kms_key.state.arn}"
  TEXT
}

output "permissions_boundary" {
  value = aws_iam_policy.boundary.arn
}

output "github_role" {
  value = one(aws_iam_role.github[*].arn)
}
