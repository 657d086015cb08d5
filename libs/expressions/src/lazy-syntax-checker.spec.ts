import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { LazyPythonSyntaxChecker, withSyntaxChecker } from './lazy-syntax-checker.js';

/** Returns the ids of the running child processes of this process. */
const children = () => readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean);

describe.skipIf(process.platform !== 'linux')('a syntax check of expressions', () => {
  const checker = new LazyPythonSyntaxChecker();
  afterAll(() => checker.close());

  it('starts one Python process at the first check, and uses it for all checks', async () => {
    const before = new Set(children());
    const checks = ['return 1', 'return (', 'x = 2'].map((source) => checker.check(source));
    expect(await Promise.all(checks)).toEqual([undefined, expect.objectContaining({ line: 1 }), undefined]);
    expect(children().filter((pid) => !before.has(pid))).toHaveLength(1);
  });

  it('tries again to start Python after a start that has failed', async () => {
    const { execPath } = process;
    const failing = new LazyPythonSyntaxChecker();
    try {
      process.execPath = '/bin/false';
      await expect(failing.check('return 1')).rejects.toThrow('Python did not start');
      process.execPath = execPath;
      expect(await failing.check('return (')).toMatchObject({ line: 1 });
    } finally {
      process.execPath = execPath;
      await failing.close();
    }
  });

  it('uses a given checker without closing it, or ends the process of its own checker', async () => {
    await checker.check('return 1');
    const before = children();
    const check = (given?: typeof checker) => withSyntaxChecker(given, (syntax) => syntax.check('return ('));
    expect(await check(checker)).toMatchObject({ line: 1 });
    expect(children()).toEqual(before);
    expect(await check()).toMatchObject({ line: 1 });
    expect(children()).toEqual(before);
  });
});
