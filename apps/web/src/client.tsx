import { translateBy } from '@gatehouse/texts/browser';
import { hydrate } from 'preact';
import { FlowPage } from './flow/flow-page.js';
import type { Delivered } from './page.js';

const root = document.getElementById('page');
const data = document.getElementById('opened');
if (root && data) {
  const { texts, ...opened } = JSON.parse(data.textContent ?? '') as Delivered;
  hydrate(<FlowPage opened={opened} t={translateBy(opened.locale, texts)} />, root);
}
