export type { Drawn, FrameParts, Opened, OpenedApi, OpenedOwn, Pages } from './page.js';
