/** `yunque completion SHELL`: a script that asks `yunque __complete` for what may come next. */
import { Argument, Command } from "commander";
import { withExamples } from "../options.ts";
import { say } from "../output.ts";

export function create(): Command {
  const command = new Command()
    .description("Prints a shell's completion script.")
    .addArgument(new Argument("<shell>").choices(Object.keys(SCRIPTS)))
    .action((shell: string) => say(SCRIPTS[shell] ?? ""));
  return withExamples(
    command,
    "source <(yunque completion bash)      # in ~/.bashrc",
    "source <(yunque completion zsh)       # in ~/.zshrc, after compinit",
    "yunque completion fish > ~/.config/fish/completions/yunque.fish",
  );
}

/** Each passes the words so far, the one under the cursor last, and takes one candidate a line. */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_yunque() {
  local IFS=$'\\n'
  COMPREPLY=($("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o bashdefault -o default -F _yunque yunque`,
  zsh: `_yunque() {
  local -a found
  found=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then compadd -a found; else _files; fi
}
compdef _yunque yunque`,
  fish: `function __yunque_complete
  set -l words (commandline -opc) (commandline -ct)
  yunque __complete -- $words[2..-1] 2>/dev/null
end
complete -c yunque -a '(__yunque_complete)'`,
};
