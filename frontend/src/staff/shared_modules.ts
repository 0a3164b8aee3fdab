// The modules that sections of extensions use. Their scripts are built without copies of these modules and take them
// from here, so that each section costs a few kilobytes; the page runs this script before theirs.

import { LitElement, html, nothing, unsafeCSS } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import * as http from '../http';
import * as accommodationForms from './accommodation_forms';
import * as accommodations from './accommodations';
import * as actions from './actions';
import * as bulkActions from './bulk_actions';
import * as bulkTimeChanges from './bulk_time_changes';
import * as dialogs from './dialogs';
import * as errors from './errors';
import * as exams from './exams';
import * as exports from './exports';
import * as freshness from './freshness';
import * as heading from './heading';
import * as i18n from './i18n';
import * as icons from './icons';
import * as menu from './menu';
import * as notices from './notices';
import * as refreshInterval from './refresh_interval';
import * as section from './section';
import * as statuses from './statuses';
import * as styles from './styles';
import * as table from './table';

/** By the names under which frontend/build.mjs finds them. */
const modules: Record<string, object> = {
  lit: { LitElement, html, nothing, unsafeCSS },
  'lit/directives/keyed.js': { keyed },
  'lit/directives/live.js': { live },
  'lit/directives/repeat.js': { repeat },
  '../http': http,
  '../staff/accommodation_forms': accommodationForms,
  '../staff/accommodations': accommodations,
  '../staff/actions': actions,
  '../staff/bulk_actions': bulkActions,
  '../staff/bulk_time_changes': bulkTimeChanges,
  '../staff/dialogs': dialogs,
  '../staff/errors': errors,
  '../staff/exams': exams,
  '../staff/exports': exports,
  '../staff/freshness': freshness,
  '../staff/heading': heading,
  '../staff/i18n': i18n,
  '../staff/icons': icons,
  '../staff/menu': menu,
  '../staff/notices': notices,
  '../staff/refresh_interval': refreshInterval,
  '../staff/section': section,
  '../staff/statuses': statuses,
  '../staff/styles': styles,
  '../staff/table': table,
};

(globalThis as { edxProctoringStaff?: typeof modules }).edxProctoringStaff ??= modules;
