import { type Application, buildCommand, proposeCompletions } from '@stricli/core';
import type { Context } from './context.ts';

/** bash asks a command for words (`complete -C`), and zsh knows bash's way. */
const scripts = {
  bash: "complete -o default -C 'failover __complete' failover",
  zsh: "autoload -U +X bashcompinit && bashcompinit\ncomplete -o default -C 'failover __complete' failover",
};

export const completionCommand = buildCommand<Record<never, never>, ['bash' | 'zsh'], Context>({
  func(_, shell) {
    this.process.stdout.write(`${scripts[shell]}\n`);
  },
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        {
          placeholder: 'shell',
          brief: 'bash or zsh',
          parse: (text) => {
            if (text === 'bash' || text === 'zsh') return text;
            throw new Error(`received ${JSON.stringify(text)}, expected bash or zsh`);
          },
          proposeCompletions: () => ['bash', 'zsh'],
        },
      ],
    },
  },
  docs: {
    brief: 'Prints what makes the shell complete commands and options',
    fullDescription: `Prints what makes the shell complete commands and options. "failover" must be on PATH (npm link).

EXAMPLE
  source <(failover completion bash)`,
  },
});

/** What may come next in the command line that the shell hands over. */
export async function completionWords(
  app: Application<Context>,
  line: string,
  context: Context,
): Promise<readonly string[]> {
  const [, ...words] = line.trimStart().split(/\s+/);
  const proposals = await proposeCompletions(app, words, context);
  return proposals.map(({ completion }) => completion);
}
