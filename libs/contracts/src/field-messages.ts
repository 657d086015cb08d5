import type { Catalogue } from './message.js';

/** Error messages of the field types, by code (docs/spec/fields.md#field-types). */
export const fieldMessages = {
  required: { string: 'This field is required.', code: 'required' },
  null: { string: 'This field may not be null.', code: 'null' },
  blank: { string: 'This field may not be blank.', code: 'blank' },
  not_a_string: { string: 'Not a valid string.', code: 'invalid' },
  max_length: { string: 'Ensure this field has no more than {max} characters.', code: 'max_length' },
  min_length: { string: 'Ensure this field has at least {min} characters.', code: 'min_length' },
  null_characters: { string: 'Null characters are not allowed.', code: 'null_characters_not_allowed' },
  surrogate_characters: {
    string: 'Surrogate characters are not allowed: U+{code_point}.',
    code: 'surrogate_characters_not_allowed',
  },
  not_an_integer: { string: 'A valid integer is required.', code: 'invalid' },
  not_a_number: { string: 'A valid number is required.', code: 'invalid' },
  max_string_length: { string: 'String value too large.', code: 'max_string_length' },
  max_value: { string: 'Ensure this value is less than or equal to {max}.', code: 'max_value' },
  min_value: { string: 'Ensure this value is greater than or equal to {min}.', code: 'min_value' },
  not_a_moment: {
    string:
      'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].',
    code: 'invalid',
  },
  not_a_boolean: { string: 'Must be a valid boolean.', code: 'invalid' },
  not_a_dict: { string: 'Expected a dictionary of items but got type "{type}".', code: 'not_a_dict' },
  not_a_json_object: {
    string: 'Value must be a dictionary, and not have any duplicate keys.',
    code: 'invalid',
  },
  not_a_list: { string: 'Expected a list of items but got type "{type}".', code: 'not_a_list' },
  empty_list: { string: 'This list may not be empty.', code: 'empty' },
  not_a_choice: { string: '"{input}" is not a valid choice.', code: 'invalid_choice' },
  not_an_email: { string: 'Enter a valid email address.', code: 'invalid' },
  /** Also the error of a guess that the gateway refuses, if the stage declares no attempts (docs/adr/0093). */
  not_accepted: { string: 'This answer was not accepted.', code: 'invalid' },
  no_data: { string: 'No data provided', code: 'null' },
  not_an_object: { string: 'Invalid data. Expected a dictionary, but got {type}.', code: 'invalid' },
} as const satisfies Catalogue;

export type FieldMessageCode = keyof typeof fieldMessages;
