import type { CommandWords, FlagWords, Operand, Word } from './words.ts';

/** By the name of a shell: the script that makes it complete the command lines of `mwaa-trail`. */
export const SHELLS = { bash, zsh, fish } satisfies Record<string, (commands: readonly CommandWords[]) => string>;
export type Shell = keyof typeof SHELLS;

const HEADER = (how: string) => `# Completes the command lines of mwaa-trail. ${how}\n`;

/** macOS has a Bash without compopt. A file's name may contain spaces. */
const BASH_FILES = `compopt -o filenames 2>/dev/null; local IFS=$'\\n'; COMPREPLY+=($(compgen -f -- "$word"))`;

function bash(commands: readonly CommandWords[]): string {
  return `${HEADER('In ~/.bashrc: source <(mwaa-trail completion bash)')}
_mwaa_trail() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command='' i
  if [[ $word == = ]]; then word=''; elif [[ $before == = ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command \${COMP_WORDS[i]}" in
      ${commandPatterns(commands)}) command="\${command:+$command }\${COMP_WORDS[i]}" ;;
    esac
  done
  COMPREPLY=()
  case "$command $before" in
${valueCases(commands, {
  file: `${BASH_FILES}; return ;;`,
  text: 'return ;;',
  words: (words) => `COMPREPLY=($(compgen -W ${quoted(words.join(' '))} -- "$word")); return ;;`,
})}
  esac
  case "$command \${word:0:1}" in
${commands
  .map(({ path, commands: below, flags, operand }) => {
    const offer = (words: readonly string[]) =>
      words.length === 0 ? ':' : `COMPREPLY=($(compgen -W ${quoted(words.join(' '))} -- "$word"))`;
    const operands = operand === 'file' ? BASH_FILES : offer([...namesOf(below), ...wordsIn(operand)]);
    return `    ${quoted(`${path} -`)}) ${offer(namesOf(flags))} ;;\n    ${quoted(path)}\\ *) ${operands} ;;`;
  })
  .join('\n')}
  esac
}
complete -F _mwaa_trail mwaa-trail
`;
}

function zsh(commands: readonly CommandWords[]): string {
  return `#compdef mwaa-trail
${HEADER('In ~/.zshrc, after compinit: source <(mwaa-trail completion zsh)')}
_mwaa_trail() {
  local before=\${words[CURRENT-1]} command='' i
  local -a found
  if [[ $PREFIX == --*=* ]]; then
    before=\${PREFIX%%=*}
    compset -P '*='
  fi
  for ((i = 2; i < CURRENT; i++)); do
    case "$command \${words[i]}" in
      ${commandPatterns(commands)}) command="\${command:+$command }\${words[i]}" ;;
    esac
  done
  case "$command $before" in
${valueCases(commands, {
  file: '_files; return ;;',
  text: 'return 1 ;;',
  words: (words) => `compadd -- ${words.map(quoted).join(' ')}; return ;;`,
})}
  esac
  case "$command \${PREFIX[1]}" in
${commands
  .map(({ path, commands: below, flags, operand }) => {
    const offer = (words: readonly Word[]) =>
      `found=(${words.map(({ name, says }) => quoted(`${name.replaceAll(':', '\\:')}:${says}`)).join(' ')})`;
    const words = wordsIn(operand).map(quoted);
    const operands = words.length > 0 ? `compadd -- ${words.join(' ')}; return` : offer(below);
    return `    ${quoted(`${path} -`)}) ${offer(flags)} ;;\n    ${quoted(path)}\\ *) ${operand === 'file' ? '_files; return' : operands} ;;`;
  })
  .join('\n')}
  esac
  _describe -o mwaa-trail found
}
compdef _mwaa_trail mwaa-trail
`;
}

function fish(commands: readonly CommandWords[]): string {
  const complete = (path: string, rest: string) =>
    `complete -c mwaa-trail -n '__mwaa_trail_at ${quoted(path).replaceAll("'", '"')}' ${rest}`;
  const says = (text: string) => `-d ${fishQuoted(text)}`;
  const takes = ({ value }: FlagWords) => {
    if (value === 'nothing') return '';
    if (value === 'file') return '-r -F ';
    return value === 'text' ? '-x ' : `-x -a ${fishQuoted(value.join(' '))} `;
  };
  return `${HEADER('In ~/.config/fish/config.fish: mwaa-trail completion fish | source')}
function __mwaa_trail_at
    set -l command ''
    for word in (commandline -opc)[2..-1]
        switch "$command $word"
${commands
  .filter(({ path }) => path !== '')
  .map(({ path }) => `            case ${fishQuoted(lookup(path))}\n                set command ${fishQuoted(path)}`)
  .join('\n')}
        end
    end
    test "$command" = "$argv"
end
complete -c mwaa-trail -f
${commands
  .flatMap(({ path, commands: below, flags, operand }) => [
    ...below.map((one) => complete(path, `-a ${one.name} ${says(one.says)}`)),
    ...flags.map((flag) => complete(path, `-l ${flag.name.slice(2)} ${takes(flag)}${says(flag.says)}`)),
    ...(operand === 'file' ? [complete(path, '-F')] : []),
    ...wordsIn(operand).map((word) => complete(path, `-a ${word}`)),
  ])
  .join('\n')}
`;
}

const namesOf = (words: readonly Word[]) => words.map(({ name }) => name);
const wordsIn = (operand: Operand): readonly string[] => (typeof operand === 'string' ? [] : operand);

/** How the loop over a command line sees a command: the path so far, a space, the word. */
const lookup = (path: string) => (path.includes(' ') ? path : ` ${path}`);

const commandPatterns = (commands: readonly CommandWords[]) =>
  commands.flatMap(({ path }) => (path === '' ? [] : [quoted(lookup(path))])).join('|');

/** A case for each value, with the commands and flags that take it. */
function valueCases(
  commands: readonly CommandWords[],
  then: { file: string; text: string; words: (words: readonly string[]) => string },
): string {
  const cases = new Map<string, string[]>();
  for (const { path, flags } of commands) {
    for (const { name, value } of flags) {
      if (value === 'nothing') continue;
      const does = typeof value === 'string' ? then[value] : then.words(value);
      cases.set(does, [...(cases.get(does) ?? []), quoted(`${path} ${name}`)]);
    }
  }
  return [...cases].map(([does, patterns]) => `    ${patterns.join('|')}) ${does}`).join('\n');
}

/** For bash and zsh. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
const fishQuoted = (text: string) => `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
