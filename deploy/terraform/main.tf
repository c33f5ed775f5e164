# The stack of a release: uploads its files to a bucket, and creates the stack from its template.

locals {
  folder    = coalesce(var.release, "${path.module}/..")
  template  = "mwaa-trail.template.json"
  functions = toset(["ingest", "query", "verify", "alert", "export"])
  files     = setunion([local.template], [for name in local.functions : "${name}.zip"])

  # Another prefix for other content: Lambda takes new code only from another key.
  content = sha256(join("", [for file in sort(tolist(local.files)) : filesha256("${local.folder}/${file}")]))
  prefix  = "mwaa-trail/${substr(local.content, 0, 16)}/"
}

data "aws_s3_bucket" "artifacts" {
  bucket = var.artifact_bucket
}

resource "aws_s3_object" "artifact" {
  for_each = local.files

  bucket      = data.aws_s3_bucket.artifacts.id
  key         = "${local.prefix}${each.value}"
  source      = "${local.folder}/${each.value}"
  source_hash = filesha256("${local.folder}/${each.value}")

  lifecycle {
    # A stack that is rolled back needs the files of before.
    create_before_destroy = true
  }
}

resource "aws_cloudformation_stack" "mwaa_trail" {
  name         = "mwaa-trail-${var.stage}"
  template_url = "https://${data.aws_s3_bucket.artifacts.bucket_regional_domain_name}/${aws_s3_object.artifact[local.template].key}"
  capabilities = ["CAPABILITY_NAMED_IAM"]
  iam_role_arn = var.iam_role_arn
  tags         = var.tags

  parameters = merge(var.parameters, {
    Stage          = var.stage
    ArtifactBucket = var.artifact_bucket
    ArtifactPrefix = local.prefix
  })

  # Without the objects, CloudFormation could not read the code.
  depends_on = [aws_s3_object.artifact]
}
