import { journalContract } from '../contract.ts'
import { newSqlitePlace } from './place.ts'

journalContract(newSqlitePlace)
