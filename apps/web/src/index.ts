export type {
  AccountPageData,
  ApiPageData,
  DocumentOptions,
  FlowPageData,
  PageRenderers,
  RenderedPage,
} from './page.js';
