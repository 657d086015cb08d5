import { simulatedContracts as contracts } from '@gatehouse/blueprints';
import type { FlowVersion } from '@gatehouse/plan';
import { WorkPause } from '@gatehouse/platform';
import { type Simulation, simulateInSlices } from '@gatehouse/simulation';
import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';

/** Milliseconds after which a simulation yields, so that the gateway can do other work. */
const SLICE_MS = 5;

type Settings = Pick<
  GatewayConfig,
  'API_VERSION' | 'SIMULATION_TIMEOUT_MS' | 'SIMULATION_MAX_STATES' | 'SIMULATION_MAX_ANSWERS' | 'SIMULATION_MAX_PATHS'
>;

/**
 * Simulates flow versions within limits, in slices, so that the requests of visitors do not wait for it. Runs one
 * simulation at a time.
 */
@Injectable()
export class FlowSimulationService {
  private isBusy = false;

  constructor(@Inject(GATEWAY_CONFIG) private readonly settings: Settings) {}

  /** Returns the simulation of a version; `busy` while another one runs. */
  async simulate(version: FlowVersion): Promise<Simulation | 'busy'> {
    if (this.isBusy) return 'busy';
    this.isBusy = true;
    try {
      return await this.run(version);
    } finally {
      this.isBusy = false;
    }
  }

  private async run(version: FlowVersion): Promise<Simulation> {
    const end = performance.now() + this.settings.SIMULATION_TIMEOUT_MS;
    const work = simulateInSlices({
      ...{ version, contracts, line: this.settings.API_VERSION },
      maxPaths: this.settings.SIMULATION_MAX_PATHS,
      maxStates: this.settings.SIMULATION_MAX_STATES,
      maxAnswers: this.settings.SIMULATION_MAX_ANSWERS,
      isOver: () => performance.now() > end,
    });
    const pause = new WorkPause(SLICE_MS);
    for (;;) {
      const next = work.next();
      if (next.done) return next.value;
      await pause.take();
    }
  }
}
