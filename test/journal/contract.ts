/**
 * What every journal promises, topic by topic; an implementation's own test supplies a place to keep one. A new promise
 * goes here first.
 */

import { describe } from 'vitest'
import { beginningContract } from './contract/beginning.ts'
import { canaryContract } from './contract/canaries.ts'
import { controllingContract } from './contract/controlling.ts'
import { courseContract } from './contract/course.ts'
import { doubtingContract } from './contract/doubting.ts'
import { endingContract } from './contract/ending.ts'
import { owningContract } from './contract/owning.ts'
import { puttingOffContract } from './contract/putting-off.ts'
import { readingContract } from './contract/reading.ts'
import { rememberingContract } from './contract/remembering.ts'
import { sendingContract } from './contract/sending.ts'
import { settlingContract } from './contract/settling.ts'
import { simulationContract } from './contract/simulation.ts'
import { storyContract } from './contract/story.ts'
import { suppressionContract } from './contract/suppression.ts'
import type { Place } from './samples.ts'

export function journalContract(newPlace: () => Place): void {
  describe('owning a key', () => owningContract(newPlace))
  describe("a run's beginning", () => beginningContract(newPlace))
  describe('claiming and beginning', () => sendingContract(newPlace))
  describe('putting off', () => puttingOffContract(newPlace))
  describe('settling and recovering', () => settlingContract(newPlace))
  describe('in doubt', () => doubtingContract(newPlace))
  describe("a run's end", () => endingContract(newPlace))
  describe('canaries', () => canaryContract(newPlace))
  describe('asked from outside', () => controllingContract(newPlace))
  describe('remembered over all runs', () => rememberingContract(newPlace))
  describe('reading', () => readingContract(newPlace))
  describe('how a run went', () => courseContract(newPlace))
  describe('the story of an address', () => storyContract(newPlace))
  describe('suppression', () => suppressionContract(newPlace))
  describe('any sequence of steps', () => simulationContract(newPlace))
}
