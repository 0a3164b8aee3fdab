// The banner above the attempts: how many wait for a decision of staff.

import { expect, test } from 'vitest';
import { aStaffPageEachTime, all, api, attempt, button, mount, one, pageOf, rendered, texts } from './staff_helpers';

const WAITING = { status: 'error', needs_attention: true };

aStaffPageEachTime();

test('all on one page are counted without a request', async () => {
  const server = api(() => pageOf(attempt(1), attempt(2, WAITING)));
  const element = await mount();
  expect(texts(element, '.needs-attention p')).toEqual(['1 attempt needs attention.']);
  expect(button(element, 'Show this attempt')).toBeTruthy();
  expect(server.asked).toHaveLength(1);
});

test('of more than one page, the server counts them; one click shows only these', async () => {
  const server = api(({ query }) => ({ body: { count: query.has('needs_attention') ? 2 : 60, results: [attempt(1)] } }));
  const element = await mount();
  expect(texts(element, '.needs-attention p')).toEqual(['2 attempts need attention.']);
  expect(server.asked[1].query.toString()).toBe('needs_attention=true&page_size=1');
  button(element, 'Show these attempts').click();
  await rendered();
  expect(server.asked[2].query.toString()).toBe('needs_attention=true&page_size=25');
  expect(all(element, '.needs-attention')).toEqual([]);
  expect(element.shadowRoot!.activeElement).toBe(one(element, '.section-head .heading'));
  button(element, 'Clear all').click();
  await rendered();
  expect(texts(element, '.needs-attention p')).toEqual(['2 attempts need attention.']);
});

test('filters, searches and other pages do not count again', async () => {
  const server = api(({ query }) => ({ body: { count: query.has('needs_attention') ? 2 : 60, results: [attempt(1)] } }));
  const element = await mount();
  button(element, 'Next').click();
  await rendered();
  const status = one<HTMLSelectElement>(element, 'select[name="type"]');
  status.value = 'timed';
  status.dispatchEvent(new Event('change'));
  await rendered();
  expect(server.asked.filter(({ query }) => query.has('needs_attention'))).toHaveLength(1);
  expect(texts(element, '.needs-attention p')).toEqual(['2 attempts need attention.']);
});

test('where nothing waits, and where it cannot be counted, there is no banner', async () => {
  const server = api(() => pageOf(attempt(1)));
  expect(all(await mount(), '.needs-attention')).toEqual([]);
  server.reply = ({ query }) => (query.has('needs_attention') ? 'down' : { body: { count: 60, results: [attempt(1)] } });
  const element = await mount();
  expect(all(element, '.needs-attention')).toEqual([]);
  expect(texts(element, 'tbody th')).toHaveLength(1);
});

test('a refresh counts anew', async () => {
  const server = api(() => pageOf(attempt(1, WAITING)));
  const element = await mount();
  server.reply = () => pageOf(attempt(1));
  one(element, 'proctoring-freshness').dispatchEvent(new Event('proctoring-refresh'));
  await rendered();
  expect(all(element, '.needs-attention')).toEqual([]);
});
