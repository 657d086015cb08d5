export type { FlowChangeData, FlowRolloutData } from './flow-versions/flow-change.js';
export type { DiagramConditions, DiagramStep, VersionDiagram, VersionNumbers } from './flow-versions/flow-diagram.js';
export type {
  SimulatedCondition,
  SimulatedPath,
  SimulationFinding,
  VersionSimulation,
} from './flow-versions/flow-simulation.js';
export type { ListedFlow, VersionChange } from './flow-versions/flow-versions.js';
export type {
  AccountPageData,
  ApiPageData,
  DocumentOptions,
  FlowChangePageData,
  FlowListPageData,
  FlowPageData,
  FlowVersionsPageData,
  PageRenderers,
  RenderedPage,
} from './page.js';
