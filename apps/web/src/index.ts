export type { ListedFlow, VersionChange } from './flow-versions/flow-versions.js';
export type {
  AccountPageData,
  ApiPageData,
  DocumentOptions,
  FlowListPageData,
  FlowPageData,
  FlowVersionsPageData,
  PageRenderers,
  RenderedPage,
} from './page.js';
