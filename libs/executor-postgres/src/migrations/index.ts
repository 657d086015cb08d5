export { Plans1764028860000 } from './1764028860000-plans.js';
export { ResumeTokens1764115260000 } from './1764115260000-resume-tokens.js';
export { PlansBegun1764115320000 } from './1764115320000-plans-begun.js';
export { Courier1764374400000 } from './1764374400000-courier.js';
export { SourceLogins1764460800000 } from './1764460800000-source-logins.js';
