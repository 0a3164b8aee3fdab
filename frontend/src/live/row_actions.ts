// The actions on one learner: the buttons of the row, and its menu.

import { html } from 'lit';
import type { Actions } from '../staff/actions';
import type { BulkActions } from '../staff/bulk_actions';
import type { Action } from '../staff/menu';
import { actionsOf } from '../staff/statuses';
import { gettext, interpolate } from '../staff/i18n';
import type { Messages } from './messages';
import type { Rooms } from './rooms';
import type { LiveRow } from './types';
import type { RowAction } from './table';
import { attemptOf } from './labels';

export interface RowContext {
  actions: Actions;
  bulk: BulkActions;
  messages: Messages;
  rooms: Rooms;
  mayManage: () => boolean;
  attemptUrl: (row: LiveRow) => string;
}

function named(text: string, row: LiveRow): string {
  return interpolate(text, { learner: row.user.username });
}

function writeTo(row: LiveRow, { messages }: RowContext, question?: LiveRow['question']): void {
  const text = question ? html`<p>${interpolate(gettext('Asks: “{question}”'), { question: question.text })}</p>` : undefined;
  messages.write(named(gettext('Message to {learner}'), row), { attempt_ids: [row.attempt_id] }, { answers: question?.id, text });
}

function message(row: LiveRow, context: RowContext): RowAction {
  const { question } = row;
  if (question) {
    return { name: 'answer', icon: 'message', label: named(gettext('Answer {learner}'), row), short: gettext('Answer'), run: () => writeTo(row, context, question) };
  }
  return { name: 'message', icon: 'message', label: named(gettext('Message {learner}'), row), short: gettext('Message'), run: () => writeTo(row, context) };
}

export function rowActions(row: LiveRow, context: RowContext): RowAction[] {
  const { actions, bulk } = context;
  const attempt = attemptOf(row);
  const possible = actionsOf(attempt);
  const found = row.group === 'ended' ? [] : [message(row, context)];
  if (possible.includes('extend')) {
    const run = () => bulk.times.begin('extend', { attempt_ids: [row.attempt_id] });
    found.push({ name: 'extend', icon: 'clockPlus', label: named(gettext('Add minutes for {learner}'), row), short: gettext('Minutes'), run });
  }
  if (possible.includes('continue')) {
    found.push({ name: 'continue', icon: 'play', label: named(gettext('Continue {learner}’s exam'), row), short: gettext('Continue'), run: () => actions.run('continue', attempt) });
  } else if (possible.includes('pause') && !row.on_break) {
    found.push({ name: 'pause', icon: 'pause', label: named(gettext('Pause {learner}’s exam'), row), short: gettext('Pause'), run: () => actions.run('pause', attempt) });
  }
  return found;
}

export function rowMenu(row: LiveRow, context: RowContext): Action[] {
  const attempt = attemptOf(row);
  const found: Action[] = [];
  if (context.mayManage()) {
    found.push({ name: 'open', label: gettext('Open attempt and timeline'), run: () => window.location.assign(context.attemptUrl(row)) });
    found.push({ name: 'room', label: gettext('Move to another room…'), run: () => context.rooms.move(row) });
  }
  if (actionsOf(attempt).includes('resume')) {
    found.push({ name: 'resume', label: context.actions.label('resume'), run: () => context.actions.run('resume', attempt) });
  }
  const { question } = row;
  if (question) {
    found.push({ name: 'message', label: gettext('Message…'), run: () => writeTo(row, context) });
    found.push({ name: 'done', label: gettext('The question is settled'), run: () => void context.messages.settle(question.id) });
  }
  if (actionsOf(attempt).includes('end')) {
    found.push({ name: 'end', label: context.actions.label('end'), isDanger: true, run: () => context.actions.run('end', attempt) });
  }
  return found;
}
