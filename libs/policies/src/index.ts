export { policies, policiesModule } from './catalogue.js';
