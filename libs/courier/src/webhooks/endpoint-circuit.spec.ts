import { beforeEach, describe, expect, it } from 'vitest';
import { EndpointCircuit } from './endpoint-circuit.js';

let now = 0;
let circuit: EndpointCircuit;
beforeEach(() => {
  now = 1;
  circuit = new EndpointCircuit({ failures: 3, pauseS: 10, pauseMaxS: 35 }, () => now);
});

/** Opens the circuit by three failures. Returns the results of `failed`. */
const open = () => [1, 2, 3].map(() => circuit.failed());
const later = (seconds: number) => (now += seconds * 1000);

describe('the circuit of an endpoint', () => {
  it('admits every delivery until the limit of consecutive failures, which a success resets', () => {
    circuit.failed();
    circuit.failed();
    circuit.succeeded();
    expect([circuit.failed(), circuit.failed(), circuit.admit(5)]).toEqual([undefined, undefined, 5]);
    expect([circuit.failed(), circuit.admit(5), circuit.isOpen]).toEqual([10_000, 0, true]);
  });

  it('admits one trial at a time after the pause, and all deliveries after its success', () => {
    open();
    later(9.999);
    expect(circuit.admit(5)).toBe(0);
    later(0.001);
    expect([circuit.admit(5), circuit.admit(5)]).toEqual([1, 0]);
    expect([circuit.succeeded(), circuit.admit(5), circuit.isOpen]).toEqual([true, 5, false]);
  });

  it('doubles the pause after each failed trial up to its limit, and resets it after a success', () => {
    const pauses = [open()[2]];
    for (let trial = 0; trial < 3; trial++) {
      later(35);
      circuit.admit(5);
      pauses.push(circuit.failed());
    }
    expect(pauses).toEqual([10_000, 20_000, 35_000, 35_000]);
    later(35);
    circuit.admit(1);
    circuit.succeeded();
    expect(open()[2]).toBe(10_000);
  });

  it('admits another trial if there was no delivery for the first trial', () => {
    open();
    later(10);
    expect(circuit.admit(5)).toBe(1);
    circuit.skipTrial();
    expect(circuit.admit(5)).toBe(1);
  });

  it('is not prolonged by the failure of a delivery that began before it opened', () => {
    open();
    later(5);
    expect(circuit.failed()).toBe(undefined);
    later(5);
    expect(circuit.admit(5)).toBe(1);
  });

  it('stays open for the time of Retry-After, even after only one failure', () => {
    expect(circuit.failed(60)).toBe(60_000);
    later(59);
    expect(circuit.admit(5)).toBe(0);
    later(1);
    expect(circuit.admit(5)).toBe(1);
  });

  it('admits no delivery after the endpoint has answered 410 Gone', () => {
    circuit.gone();
    later(1e6);
    circuit.succeeded();
    expect([circuit.admit(5), circuit.isOpen]).toEqual([0, true]);
  });
});
