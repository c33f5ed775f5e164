import type { Command } from 'commander';
import { programWords } from '../completion/program-words.ts';
import { SHELLS, type Shell } from '../completion/shells.ts';
import { type AnyCommand, type Context, command, EXIT } from '../lib/command.ts';
import { choice } from '../lib/options.ts';
import { write } from '../lib/output.ts';

/** @param programFor creates the program with all its commands, this one included */
export const completion = (programFor: (context: Context) => Promise<Command>): AnyCommand =>
  command({
    about: 'Print the script that makes a shell complete commands, flags and values.',
    arguments: { shell: choice(Object.keys(SHELLS) as Shell[], 'the shell') },
    flags: {},
    notes: `In ~/.bashrc: source <(mwaa-trail completion bash)
In ~/.zshrc, after compinit: source <(mwaa-trail completion zsh)
In ~/.config/fish/config.fish: mwaa-trail completion fish | source`,
    async run({ shell }, context) {
      await write(context.out, SHELLS[shell](await programWords(() => programFor(context))));
      return EXIT.done;
    },
  });
