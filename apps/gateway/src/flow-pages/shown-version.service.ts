import { FunnelRepository, FunnelTimeoutError, type FunnelVersion, journeyPeriod } from '@gatehouse/executor-postgres';
import type { FlowVersionsPageData } from '@gatehouse/web';
import { Inject, Injectable } from '@nestjs/common';
import { parsePk } from '../http/identifiers.js';
import { lastValue } from '../http/query.js';
import { presentDiagram } from './flow-diagram.presenter.js';
import { type FlowDocument, FlowDocumentRepository } from './flow-document.repository.js';
import { presentSimulation } from './flow-simulation.presenter.js';
import { FlowSimulationService } from './flow-simulation.service.js';

type ShownVersion = Pick<FlowVersionsPageData, 'shown' | 'diagram' | 'simulation'>;
type Query = Readonly<Record<string, unknown>>;

/** The default period for the numbers of visitors in a diagram. */
const DEFAULT_PERIOD = '1d';

/** Loads the version that the page of a flow shows: its diagram with the numbers of its funnel, and its simulation. */
@Injectable()
export class ShownVersionService {
  constructor(
    @Inject(FlowDocumentRepository) private readonly documents: FlowDocumentRepository,
    @Inject(FunnelRepository) private readonly funnels: FunnelRepository,
    @Inject(FlowSimulationService) private readonly simulations: FlowSimulationService,
  ) {}

  /**
   * Loads the version that the query names, by default the current one, with the numbers of its period, and with its
   * simulation if the query asks for that.
   */
  async load(slug: string, current: number, query: Query): Promise<ShownVersion> {
    const [named, since] = [lastValue(query['version']), lastValue(query['since'])];
    const number = named === undefined ? current : parsePk(named);
    const period = journeyPeriod.safeParse(since ?? DEFAULT_PERIOD);
    const shown = {
      version: number ?? current,
      period: period.success ? String(since ?? DEFAULT_PERIOD) : DEFAULT_PERIOD,
    };
    const document = number === undefined ? 'unknown_version' : await this.documents.find(slug, number);
    if (typeof document === 'string') return { shown, diagram: document };
    if (!period.success) return { shown, diagram: 'invalid_period' };
    const drawn = { ...document, number: shown.version };
    const simulation = query['simulate'] === undefined ? undefined : await this.simulate(drawn);
    const funnel = await this.count({ slug, since: new Date(Date.now() - period.data), version: shown.version });
    const diagram = presentDiagram({ ...drawn, period: shown.period, funnel });
    return { shown, diagram, ...(simulation && { simulation }) };
  }

  private async simulate({ version, names, number }: FlowDocument & { readonly number: number }) {
    const simulation = await this.simulations.simulate(version);
    return simulation === 'busy' ? simulation : presentSimulation(number, simulation, names);
  }

  private async count(query: {
    readonly slug: string;
    readonly since: Date;
    readonly version: number;
  }): Promise<FunnelVersion | undefined | 'overdue'> {
    try {
      const found = await this.funnels.find(query);
      return typeof found === 'string' ? undefined : found.versions[0];
    } catch (error) {
      if (error instanceof FunnelTimeoutError) return 'overdue';
      throw error;
    }
  }
}
