/** A command line that can be pasted into a shell; objects become JSON. */
export function commandLine(command: string, ...words: readonly (string | object)[]): string {
  return [command, ...words.map((word) => quoted(typeof word === 'string' ? word : JSON.stringify(word)))].join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
