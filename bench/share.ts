const PERIOD_MS = 100;

/**
 * Holds a process to a share of one core from now on, as a container's CPU limit does: it stands still for the rest of each
 * period. Without it, two busy processes on a small machine are measured against the cores they lack. Ends by itself
 * with the process; the returned function lets it run freely again.
 */
export function holdTo(share: number, pid: number): () => void {
  const signal = (name: NodeJS.Signals) => {
    try {
      process.kill(pid, name);
    } catch {
      clearInterval(periods);
    }
  };
  const periods = setInterval(() => {
    signal('SIGCONT');
    setTimeout(() => signal('SIGSTOP'), PERIOD_MS * share);
  }, PERIOD_MS);
  return () => {
    clearInterval(periods);
    // The stop that is under way comes first.
    setTimeout(() => signal('SIGCONT'), PERIOD_MS);
  };
}
