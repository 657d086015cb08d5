import { brandOf } from '@gatehouse/executor/testing';
import { expect, it } from 'vitest';
import { brandAppearance } from './page-renderer.js';

it('pages apply the custom_css of the attributes after branding_custom_css, so that it can override its rules', () => {
  const css = (more: object) => brandAppearance(brandOf('a.example', more)).custom_css;
  expect(css({ branding_custom_css: 'a{}', custom_css: 'b{}' })).toBe('a{}\nb{}');
  expect(css({ branding_custom_css: 'a{}' })).toBe('a{}');
  expect(css({ custom_css: 'b{}' })).toBe('b{}');
  expect(css({})).toBe('');
});
