import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { ReactNode } from 'react';
import type { Answer } from '../lib/use-answer.ts';
import { ProblemAlert } from './problem-alert.tsx';

interface PartProps<T> {
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  /** Stands above the answer, and stays while another one loads. */
  toolbar?: ReactNode;
  answer: Answer<T>;
  /** What the answer shows. */
  children(data: T): ReactNode;
}

/** A part of a page that has a question of its own: it loads and fails alone. */
export function Part<T>({ title, description, actions, toolbar, answer, children }: PartProps<T>) {
  return (
    <Container
      header={
        <Header variant="h2" description={description} actions={actions}>
          {title}
        </Header>
      }
    >
      <SpaceBetween size="m">
        {toolbar}
        <PartContent answer={answer}>{children}</PartContent>
      </SpaceBetween>
    </Container>
  );
}

/** The answer to a question, or how far it has come. The last answer stays while the next one loads. */
export function PartContent<T>({ answer, children }: Pick<PartProps<T>, 'answer' | 'children'>) {
  const { data, problem, loading, reload } = answer;
  if (problem?.status === 403) {
    return <StatusIndicator type="info">Your role may not ask this.</StatusIndicator>;
  }
  if (problem) return <ProblemAlert problem={problem} retry={reload} />;
  if (data === undefined) return <StatusIndicator type="loading">Loading</StatusIndicator>;
  return (
    <SpaceBetween size="s">
      {children(data)}
      {loading && <StatusIndicator type="loading">Loading</StatusIndicator>}
    </SpaceBetween>
  );
}
