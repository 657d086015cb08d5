import type { DataSource } from 'typeorm';

/** What a word of `npm run user` works with. */
export interface CommandContext {
  readonly source: DataSource;
  readonly env: NodeJS.ProcessEnv;
}

/** A word of `npm run user`. */
export interface UserCommand {
  /** What comes after it, as its usage says. */
  readonly takes: string;
  /** What it says when it is done. Throws CommandError. */
  readonly run: (args: readonly string[], ground: CommandContext) => Promise<string>;
}
