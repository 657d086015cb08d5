export { BlueprintError } from './blueprint-error.js';
export { type BlueprintFile, type FolderFile, findBlueprint, isUnasked, type Library } from './library.js';
export * from './migrations/index.js';
export type { Syntax } from './policy-collection.js';
export { formatReport, type Report } from './report.js';
export type { Strangers } from './strangers.js';
export { applyBlueprints } from './typeorm-blueprints.js';
