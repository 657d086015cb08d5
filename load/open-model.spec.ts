import { describe, expect, it } from 'vitest';
import { runClosedModel } from './closed-model.js';
import { type OpenModel, runOpenModel } from './open-model.js';
import { VirtualClock } from './testing/virtual-clock.js';

/** A server that serves one visit at a time, each for `serviceMs`. At `hangsAt`, it hangs once for `hangMs`. */
class SlowServer {
  private freeAt = 0;
  constructor(
    private readonly clock: VirtualClock,
    private readonly hang: { readonly at: number; readonly ms: number } = { at: Number.POSITIVE_INFINITY, ms: 0 },
  ) {}

  async serve(serviceMs: number): Promise<void> {
    const begin = Math.max(this.clock.now(), this.freeAt);
    const hung = begin >= this.hang.at && begin < this.hang.at + this.hang.ms;
    this.freeAt = (hung ? this.hang.at + this.hang.ms : begin) + serviceMs;
    await this.clock.sleep(this.freeAt - this.clock.now());
  }
}

const everyTenMs = (count: number) => Array.from({ length: count }, (_, i) => i * 10);

async function latenciesOf(clock: VirtualClock, model: Partial<OpenModel>, serve: () => Promise<void>) {
  const latencies: number[] = [];
  const turnedAway: number[] = [];
  const visit = async (due: number) => {
    await serve();
    latencies.push(clock.now() - due);
  };
  const onTurnedAway = (due: number) => turnedAway.push(due);
  const defaults = { startedAt: 0, maxInFlight: 1000, arrivals: everyTenMs(100), stopping: () => false };
  await runOpenModel({ ...defaults, visit, onTurnedAway, ...model }, clock);
  return { latencies, turnedAway };
}

describe('the open model', () => {
  it('includes the wait of every visitor who arrives while the server hangs (no coordinated omission)', async () => {
    const clock = new VirtualClock();
    const server = new SlowServer(clock, { at: 200, ms: 500 });
    const { latencies } = await latenciesOf(clock, {}, () => server.serve(1));
    expect(latencies).toHaveLength(100);
    // All visitors who arrive in these 500 ms wait: 501 ms, 492 ms, and so on.
    expect(latencies.filter((ms) => ms > 100)).toHaveLength(45);
    expect(Math.max(...latencies)).toBe(501);
  });

  it('counts latency from the arrival when a visit starts late', async () => {
    const clock = new VirtualClock();
    const lateClock = { now: () => clock.now(), sleep: (ms: number) => clock.sleep(ms + 40) };
    const latencies: number[] = [];
    const visit = async (due: number) => void latencies.push(clock.now() - due);
    const model = { startedAt: 0, maxInFlight: 10, arrivals: [10, 20, 30], onTurnedAway: () => undefined };
    await runOpenModel({ ...model, visit, stopping: () => false }, lateClock);
    expect(latencies).toEqual([40, 30, 20]);
  });

  it('turns a visitor away while the largest number of visits runs, and serves later visitors', async () => {
    const clock = new VirtualClock();
    const model = { arrivals: [0, 10, 20, 130], maxInFlight: 2 };
    const { latencies, turnedAway } = await latenciesOf(clock, model, () => clock.sleep(100));
    expect(turnedAway).toEqual([20]);
    expect(latencies).toEqual([100, 100, 100]);
  });

  it('begins no further visit when it is stopped, and waits for running visits', async () => {
    const clock = new VirtualClock();
    const stopping = () => clock.now() >= 45;
    const { latencies } = await latenciesOf(clock, { stopping }, () => clock.sleep(100));
    expect(latencies).toEqual([100, 100, 100, 100, 100]);
  });
});

describe('the closed model', () => {
  it('lets each visitor begin the next visit when the last one has ended, until the end of the load', async () => {
    const clock = new VirtualClock();
    const begun: number[] = [];
    const visit = async (due: number) => {
      begun.push(due);
      await clock.sleep(100);
    };
    const model = { visitors: 2, startedAt: 0, rampMs: 100, durationMs: 200, stopping: () => false };
    await runClosedModel({ ...model, visit }, clock);
    expect(begun).toEqual([0, 50, 100, 150]);
    expect(clock.now()).toBe(250);
  });
});
