export { BREACH_LIST_HEADER, BreachList } from './breach-list.js';
export { policies, policiesModule } from './catalogue.js';
