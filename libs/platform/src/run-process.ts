/**
 * Leaves when this process is told to, by SIGTERM or SIGINT, however often: a Ctrl-C reaches it by its terminal and once more
 * by whoever started it, and one that died of the second would leave behind what it started, and what it had to answer.
 * Exits with 0, or by `fail` when leaving went wrong.
 */
export function shutDownOnSignal(leave: () => Promise<void>, fail: (error: unknown) => never) {
  let leaving: Promise<void> | undefined;
  const told = () => {
    leaving ??= leave().then(() => process.exit(0), fail);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, told);
}
