import type { StageForm } from '@gatehouse/client';
import { describedForm, type StageDescriptor } from '@gatehouse/contracts';
import type { Challenge } from '../page.js';
import { stage, stageFor, wrong } from './steps.js';

const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwADAgH/p9fE6wAAAABJRU5ErkJggg==';

const CHALLENGE: StageDescriptor['challenge'] = {
  type: 'object',
  properties: {
    intro: { type: 'string' },
    rules: { type: 'array', items: { type: 'string' }, title: 'What we ask of you' },
    left: { type: 'integer', title: 'Attempts left:' },
    map: { type: 'string', format: 'data-url', title: 'Where we are' },
  },
  required: [],
};

const RESPONSE: StageDescriptor['response'] = {
  type: 'object',
  properties: {
    nickname: { type: 'string', title: 'Nickname', description: 'As your <em>friends</em> know you.', maxLength: 40 },
    pin: { type: 'string', title: 'PIN', 'x-secret': true },
    // Names that the page's own scripts use, too.
    opened: { type: ['string', 'null'], title: 'About you', 'x-multiline': true },
    email: { type: 'string', title: 'Email', format: 'email' },
    site: { type: 'string', title: 'Website', format: 'uri' },
    age: { type: 'integer', title: 'Age', minimum: 1, maximum: 150 },
    elements: { type: 'number', title: 'Height' },
    born: { type: 'string', title: 'Birthday', format: 'date' },
    visit: { type: 'string', title: 'Appointment', format: 'date-time' },
    size: {
      oneOf: [
        { const: 's', title: 'Small' },
        { const: 'l', title: 'Large' },
      ],
      title: 'Size',
    },
    country: { type: 'string', title: 'Country', enum: ['France', 'Spain'] },
    photo: { type: 'string', title: 'Picture', format: 'data-url', maxLength: 100_000 },
    news: { type: 'boolean', title: 'Send me news', default: true },
  },
  required: ['nickname', 'pin', 'size', 'news'],
};

const form = (page: StageDescriptor['page'] = {}): StageForm | undefined =>
  describedForm({
    component: 'x-acme-guest',
    challenge: CHALLENGE,
    response: RESPONSE,
    page: { shows: Object.keys(CHALLENGE.properties), ...page },
  })?.inLanguage('en');

const own = {
  intro: 'Be our guest.\nIt takes a minute.',
  rules: ['Be kind.', 'Be quiet.'],
  left: 2,
  map: PIXEL,
  gatehouse_form: form({ title: 'Sign the guest book', button: 'Sign' }),
};

/** Example challenges of external stages. */
export const EXTERNAL: Readonly<Record<string, Challenge>> = {
  'external-stage': stage('x-acme-guest', own),
  'external-stage-refused': stageFor('x-acme-guest', {
    ...own,
    response_errors: {
      ...wrong('pin', 'Wrong <b>PIN</b>.').response_errors,
      ...wrong('size', '"m" is not a valid choice.', { code: 'invalid_choice' }).response_errors,
      ...wrong('non_field_errors', 'The guest book is full.').response_errors,
    },
  }),
  'external-stage-question': stageFor('x-acme-guest', { gatehouse_form: { shows: [], fields: [] } }),
  'external-stage-unknown': stage('x-acme-graph', { nodes: {} }),
};
