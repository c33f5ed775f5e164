output "stack_name" {
  description = "For the program: mwaa-trail query --stack NAME."
  value       = aws_cloudformation_stack.mwaa_trail.name
}

output "stack_id" {
  description = "The ARN of the stack."
  value       = aws_cloudformation_stack.mwaa_trail.id
}

output "api_url" {
  description = "The address of the HTTP API."
  value       = aws_cloudformation_stack.mwaa_trail.outputs["HttpApiUrl"]
}

output "outputs" {
  description = "All outputs of the stack, by their names in the template."
  value       = aws_cloudformation_stack.mwaa_trail.outputs
}
