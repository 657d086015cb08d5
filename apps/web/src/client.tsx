import { translator } from '@gatehouse/texts';
import { hydrate } from 'preact';
import { FlowPage } from './flow/flow-page.js';
import type { Opened } from './page.js';

const root = document.getElementById('page');
const data = document.getElementById('opened');
if (root && data) {
  const opened = JSON.parse(data.textContent ?? '') as Opened;
  hydrate(<FlowPage opened={opened} t={translator(opened.locale)} />, root);
}
