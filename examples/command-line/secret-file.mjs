import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from './command.mjs';

const OTHERS_CAN_READ = 0o077;
const OTHERS_CAN_WRITE = 0o022;

/** A JSON file that only its user can read, in a folder that only its user can change. */
export class SecretFile {
  #folder;
  #path;

  constructor(folder, name) {
    this.#folder = folder;
    this.#path = join(folder, name);
  }

  get path() {
    return this.#path;
  }

  /** Creates the folder. Throws if other users can change it, because they could replace the file. */
  async prepare() {
    const folder = this.#folder;
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error) => {
      throw new CommandError(`The folder ${folder} cannot be created: ${error.code}.`);
    });
    const { mode, uid } = await stat(folder);
    if (mode & OTHERS_CAN_WRITE || uid !== process.getuid())
      throw new CommandError(`Other users can change the folder ${folder}. Run: chmod 700 ${folder}`);
  }

  /** Returns the stored value, or undefined if there is none. Throws if other users can read the file. */
  async read() {
    const { mode } = (await stat(this.#path).catch(() => undefined)) ?? {};
    if (mode === undefined) return undefined;
    if (mode & OTHERS_CAN_READ)
      throw new CommandError(`Other users can read ${this.#path}. Delete it, and end the login that it holds.`);
    return parse(await readFile(this.#path, 'utf8'));
  }

  /** Replaces the value. The replacement is atomic: a reader sees the old or the new value. */
  async write(value) {
    const temporary = join(this.#folder, `.${randomUUID()}`);
    try {
      // `wx` fails if the file exists, and does not follow a link.
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(JSON.stringify(value));
      } finally {
        await file.close();
      }
      await rename(temporary, this.#path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw new CommandError(`${this.#path} cannot be written: ${error.code}.`);
    }
  }
}

/** Treats a damaged file as missing, so that the user logs in again. */
function parse(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
