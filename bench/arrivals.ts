import type { Step } from './visit.js';

/** A phase of load in the open model: visits arrive at a rate, whether or not earlier visits have ended. */
export interface OpenLoad {
  readonly url: string;
  readonly steps: readonly Step[];
  /** Visits that arrive in a second, at random times. */
  readonly perSecond: number;
  readonly seconds: number;
  /** Number of users that the visits are distributed over. */
  readonly users: number;
}

/** Load in the closed model: a number of visitors, each of whom begins a visit when the last one has ended. */
export interface ClosedLoad extends Omit<OpenLoad, 'perSecond'> {
  readonly visitors: number;
}

/** What became of one visit. Times are in milliseconds since the start of the phase. */
export interface VisitResult {
  readonly arrivedAt: number;
  readonly endedAt: number;
  /** `refused`: a response was 503. `failed`: any other unexpected response, or none. */
  readonly outcome: 'finished' | 'refused' | 'failed';
  /** Milliseconds from the due time of the last request to its response. */
  readonly lastRequestMs: number;
  /** Index of the last request. */
  readonly step: number;
}

/** Returns the due times of visits in milliseconds: a Poisson process. */
export function arrivalTimes({ perSecond, seconds }: Pick<OpenLoad, 'perSecond' | 'seconds'>): number[] {
  const times: number[] = [];
  for (let at = gap(perSecond); at < seconds * 1000; at += gap(perSecond)) times.push(at);
  return times;
}

const gap = (perSecond: number) => (-Math.log(1 - Math.random()) * 1000) / perSecond;
