/**
 * Session names that a program made up because its caller gave none. They differ from session to session, or are the same for
 * everybody, so they name nobody. Instance IDs, function names and the like are not among them: those name a machine.
 */
const MACHINE_MADE: readonly RegExp[] = [
  // Defaults of the AWS SDKs and of the CLI: a name and the time. Rust's SDK has the last two.
  /^(botocore-session|aws-cli-session|aws-go-sdk|aws-dotnet-sdk-session|aws-sdk-[a-z+]+)-/i,
  /^(assume-role-from-profile|web-identity-token)-\d+$/,
  // The name in the examples of the CLI's documentation, and the default of the SDK for Ruby.
  /^(awscli-session|default_session)$/i,
  // Numbers, such as the time, which is the default of the old SDK for Go.
  /^\d[\d._-]*$/,
  // UUIDs, with or without hyphens: the default of the SDK for C++, and the tasks of ECS.
  /^[\da-f]{8}(-?)([\da-f]{4}\1){3}[\da-f]{12}$/i,
];

/** Whether a role's session name was made up by a program, so that it does not tell who is behind the session. */
export function isMachineMade(sessionName: string): boolean {
  return MACHINE_MADE.some((pattern) => pattern.test(sessionName));
}
