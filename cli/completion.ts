export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** A command as a completion offers it; `model register` is one name. */
export interface DescribedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly { readonly flag: string; readonly description: string }[];
}

/** A script that completes commands and options in a shell; tables and files, and what stands behind `--`, are left to the shell's own. */
export function completionScript(shell: Shell, commands: readonly DescribedCommand[]): string {
  return scripts[shell](commands);
}

const scripts: Record<Shell, (commands: readonly DescribedCommand[]) => string> = {
  bash: (commands) => `_asof() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=" \${COMP_WORDS[*]:1:COMP_CWORD-1} " offers
  case "$words" in
${[...commands]
  .reverse()
  .map(({ name, options }) => `    " ${name} "*) offers="${flags(options)}" ;;`)
  .join('\n')}
${[...groups(commands)]
  .map(
    ([group, members]) =>
      `    " ${group} "*) offers="${members.map(([name]) => name).join(' ')}" ;;`,
  )
  .join('\n')}
    *) offers="${unique(commands.flatMap(({ name }) => name.split(' ').slice(0, 1)))}" ;;
  esac
  if [[ "$words" == *" -- "* ]]; then return; fi
  if [[ "$current" == -* || $COMP_CWORD -eq 1 || ( $COMP_CWORD -eq 2 && " ${[...groups(commands).keys()].join(' ')} " == *"$words"* ) ]]; then
    COMPREPLY=($(compgen -W "$offers" -- "$current"))
  fi
}
complete -o default -F _asof asof
`,
  zsh: (commands) => `#compdef asof
_asof() {
  local -a offers
  local typed="\${(j: :)words[2,CURRENT-1]} "
  case "$typed" in
${[...commands]
  .reverse()
  .map(
    ({ name, options }) =>
      `    "${name} "*) offers=(${options.map(({ flag, description }) => described(flag, description)).join(' ')}) ;;`,
  )
  .join('\n')}
${[...groups(commands)]
  .map(
    ([group, members]) =>
      `    "${group} "*) offers=(${members.map(([name, summary]) => described(name, summary)).join(' ')}) ;;`,
  )
  .join('\n')}
    *) offers=(${firstLevel(commands)
      .map(([name, summary]) => described(name, summary))
      .join(' ')}) ;;
  esac
  if [[ "$typed" != *" -- "* && ( ( "\${words[CURRENT]}" == -* && "\${words[CURRENT]}" != *=* ) || $CURRENT -eq 2 || "$typed" == (${[...groups(commands).keys()].join('|')})" " ) ]]; then
    _describe 'asof' offers
  else
    if [[ "\${words[CURRENT]}" == -*=* ]]; then compset -P 1 '*='; fi
    _files
  fi
}
if [[ "$funcstack[1]" == "_asof" ]]; then _asof "$@"; else compdef _asof asof; fi
`,
  fish: (commands) =>
    [
      ...firstLevel(commands).map(
        ([name, summary]) =>
          `complete -c asof -f -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
      ),
      ...[...groups(commands)].flatMap(([group, members]) =>
        members.map(
          ([name, summary]) =>
            `complete -c asof -f -n '${seen(group)}' -a ${name} -d ${quoted(summary)}`,
        ),
      ),
      ...commands.flatMap(({ name, options }) =>
        options.map(
          ({ flag, description }) =>
            `complete -c asof -n '${isMeantInFish(name, commands)}' -l ${flag.slice(2)} -d ${quoted(description)}`,
        ),
      ),
      '',
    ].join('\n'),
};

function firstLevel(commands: readonly DescribedCommand[]): readonly (readonly [string, string])[] {
  const summaries = new Map<string, string>();
  for (const { name, summary } of commands) {
    const [first = name, second] = name.split(' ');
    if (!summaries.has(first)) summaries.set(first, second === undefined ? summary : `${first} …`);
  }
  return [...summaries];
}

/** What stands behind the first word of commands of two words, with summaries. */
function groups(
  commands: readonly DescribedCommand[],
): ReadonlyMap<string, readonly (readonly [string, string])[]> {
  const found = new Map<string, (readonly [string, string])[]>();
  for (const { name, summary } of commands) {
    const [first = name, second] = name.split(' ');
    if (second !== undefined) found.set(first, [...(found.get(first) ?? []), [second, summary]]);
  }
  return found;
}

const seen = (word: string) => `__fish_seen_subcommand_from ${word}`;

/** `verify` is a command, and `ledger verify` another. */
function isMeantInFish(name: string, commands: readonly DescribedCommand[]): string {
  const words = name.split(' ');
  const others = [...groups(commands)].filter(([group, members]) =>
    words.length === 1 ? members.some(([second]) => second === name) : group === name,
  );
  return [...words.map(seen), ...others.map(([group]) => `not ${seen(group)}`)].join('; and ');
}

function flags(options: DescribedCommand['options']): string {
  return options.map(({ flag }) => flag).join(' ');
}

function unique(words: readonly string[]): string {
  return [...new Set(words)].join(' ');
}

function described(name: string, description: string): string {
  return quoted(`${name}:${description.replaceAll(':', '\\:')}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
