variable "stage" {
  description = "The stack is called mwaa-trail-STAGE, and the names of all its resources begin with that."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{0,12}$", var.stage))
    error_message = "Expected at most 13 lower-case letters, digits and hyphens."
  }
}

variable "artifact_bucket" {
  description = "A bucket of yours in the Region of the stack. The module uploads the template and the zip files to it."
  type        = string
}

variable "release" {
  description = "The folder with the files of a release. Null: the folder in which that of this module is."
  type        = string
  default     = null
}

variable "parameters" {
  description = "Parameters of the template, such as { Source = \"bucket\", LogBucketName = \"our-trail\" }. CloudFormation checks them."
  type        = map(string)
  default     = {}
  validation {
    condition     = length(setintersection(keys(var.parameters), ["Stage", "ArtifactBucket", "ArtifactPrefix"])) == 0
    error_message = "The module sets Stage, ArtifactBucket and ArtifactPrefix itself."
  }
}

variable "tags" {
  description = "Tags of the stack, which CloudFormation puts on its resources."
  type        = map(string)
  default     = {}
}

variable "iam_role_arn" {
  description = "The role as which CloudFormation creates the resources. Null: the caller's own permissions."
  type        = string
  default     = null
}
