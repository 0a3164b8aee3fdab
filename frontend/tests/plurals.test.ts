// Texts that depend on a number: the form that a page's script takes is the one that the catalog of its language means.

/// <reference types="vite/client" />
import { afterEach, describe, expect, test } from 'vitest';
import { ngettext, useTexts } from '../src/gettext';

const CATALOGS = import.meta.glob<string>('../../edx_proctoring/locale/*/LC_MESSAGES/djangojs.po', { query: '?raw', import: 'default', eager: true });
const CASES = Object.entries(CATALOGS).map(([path, text]) => [path.split('/')[4].replace('_', '-'), text]);
const [ONE, MANY] = ['{count} answer not submitted', '{count} answers not submitted'];

afterEach(() => {
  useTexts({});
  document.documentElement.removeAttribute('lang');
  delete window.ngettext;
});

/** The catalog's own rule, as gettext reads it: the number of the form for each count. */
function ruleOf(catalog: string): (count: number) => number {
  const [, rule] = /plural=([^;]+);/.exec(catalog.replace(/"\n"/g, ''))!;
  return (count) => Number(new Function('n', `return ${rule.replace('\\n', '')}`)(count));
}

function formsOf(catalog: string): string[] {
  const entry = catalog.split('\n\n').find((one) => one.includes(`msgid "${ONE}"`))!;
  return Array.from(entry.matchAll(/msgstr\[\d\] "(.*)"/g), ([, form]) => form);
}

test('there are all locales', () => expect(CASES.length).toBeGreaterThanOrEqual(7));

describe.each(CASES.filter(([language]) => language !== 'en'))('in %s', (language, catalog) => {
  test('each number has the form of the catalog', () => {
    const [forms, rule] = [formsOf(catalog), ruleOf(catalog)];
    document.documentElement.lang = language;
    useTexts({ [ONE]: forms });
    expect(forms.every(Boolean)).toBe(true);
    for (let count = 0; count < 200; count += 1) expect([count, ngettext(ONE, MANY, count)]).toEqual([count, forms[rule(count)]]);
  });

  test('a host that has a catalog without our texts does not make them English', () => {
    document.documentElement.lang = language;
    window.ngettext = (one, many, count) => (count === 1 ? one : many);
    useTexts({ [ONE]: formsOf(catalog) });
    expect(ngettext(ONE, MANY, 3)).not.toBe(MANY);
  });
});

test('the words of a host that has them come first, and English without any', () => {
  expect([1, 2].map((count) => ngettext(ONE, MANY, count))).toEqual([ONE, MANY]);
  window.ngettext = () => 'the host’s';
  useTexts({ [ONE]: ['ours', 'ours'] });
  expect(ngettext(ONE, MANY, 2)).toBe('the host’s');
});
