export type { FlowChangeData, FlowRolloutData } from './flow-versions/flow-change.js';
export type { DiagramConditions, DiagramStep, VersionDiagram, VersionNumbers } from './flow-versions/flow-diagram.js';
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
