export { flowChangesModule } from './flow-changes.module.js';
