import type { Challenge } from '../page.js';
import { stage, wrong } from './steps.js';

const field = (type: string, own: Readonly<Record<string, unknown>> = {}) => ({
  field_key: type.replaceAll('-', '_'),
  label: `A field (${type})`,
  type,
  required: false,
  placeholder: '',
  initial_value: '',
  order: 0,
  sub_text: '',
  choices: null,
  ...own,
});

const choice = (label: string, value = label) => ({ value, label });

const TIMES = [
  // The clock change in Berlin: 02:30 occurs twice in this night, and this is the second time.
  field('date-time', {
    label: 'Appointment',
    field_key: 'night',
    required: true,
    initial_value: '2024-10-27T01:30:00Z',
  }),
  field('date-time', { label: 'Started', field_key: 'second', initial_value: '2024-07-01 12:00:15.123456+02:00' }),
  field('date-time', { label: 'Ended', field_key: 'text', initial_value: '2024-W30-1' }),
];

const EVERY_TYPE = [
  field('static', { label: '', initial_value: 'Read <b>this</b> and <a href="https://example.org/terms">that</a>.' }),
  field('text', { label: 'Name', field_key: 'name', required: true, sub_text: 'As your <em>friends</em> know you.' }),
  field('username', { label: 'Username', required: true }),
  field('email', { label: 'Email', placeholder: 'you@example.org' }),
  field('password', { label: 'Password', required: true }),
  field('separator', { placeholder: 'More about you' }),
  field('text_area', { label: 'About you' }),
  field('text_read_only', { label: 'Invited by', initial_value: 'Bob' }),
  field('text_area_read_only', { label: 'What they say', initial_value: 'Come in.' }),
  field('number', { label: 'Age' }),
  field('date', { label: 'Birthday' }),
  field('date-time', { label: 'Appointment', placeholder: '2024-09-01T12:00:00Z' }),
  field('checkbox', { label: 'Send me news' }),
  field('radio-button-group', { label: 'Colour', choices: [choice('Red'), choice('Blue')], initial_value: 'Blue' }),
  field('dropdown', {
    label: 'Country',
    choices: [choice('France', 'fr'), choice('Spain', 'es')],
    initial_value: 'es',
  }),
  field('file', { label: 'Picture' }),
  field('ak-locale', { label: 'Language' }),
  field('hidden', { initial_value: 'x' }),
  field('alert_info', { label: '', initial_value: 'You can change <b>all of this</b> later.' }),
  field('alert_warning', { label: 'Before you go on', initial_value: 'A username cannot be changed.' }),
  field('alert_danger', { label: '', initial_value: 'Never tell anybody your password.' }),
];

/** Example challenges of prompt stages. */
export const PROMPTS: Readonly<Record<string, Challenge>> = {
  prompt: stage('ak-stage-prompt', {
    fields: [field('text', { label: 'Name', field_key: 'name', required: true }), field('email', { label: 'Email' })],
  }),
  'prompt-everything': stage('ak-stage-prompt', { fields: EVERY_TYPE }),
  'prompt-times': stage('ak-stage-prompt', { fields: TIMES }),
  'prompt-refused': stage('ak-stage-prompt', {
    fields: EVERY_TYPE,
    response_errors: {
      ...wrong('username', 'Username is already taken.', { reason: 'prompt_username_taken' }).response_errors,
      ...wrong('radio_button_group', '"Green" is not a valid choice.', { code: 'invalid_choice' }).response_errors,
      ...wrong('non_field_errors', "Passwords don't match.", { reason: 'prompt_passwords_differ' }).response_errors,
    },
  }),
};
