/**
 * The parts of a Handlebars template as its parser gives them, told apart and read safely: the published types leave out
 * that a branch or a hash may be missing, and give decorators the type of what they resemble.
 */

import Handlebars from 'handlebars'
import { UserError } from '../model/errors.ts'

export type Node = hbs.AST.Node
export type Program = hbs.AST.Program
export type Statement = hbs.AST.Statement
export type Expression = hbs.AST.Expression
export type Path = hbs.AST.PathExpression
/** `{{> name}}` and `{{#> name}}…{{/name}}`. */
export type PartialCall = hbs.AST.PartialStatement | hbs.AST.PartialBlockStatement
/** Whatever may call one of the offered helpers. */
export type Call = hbs.AST.MustacheStatement | hbs.AST.BlockStatement | hbs.AST.SubExpression

export function isContent(node: Node): node is hbs.AST.ContentStatement {
  return node.type === 'ContentStatement'
}

export function isComment(node: Node): node is hbs.AST.CommentStatement {
  return node.type === 'CommentStatement'
}

export function isMustache(node: Node): node is hbs.AST.MustacheStatement {
  return node.type === 'MustacheStatement'
}

export function isBlock(node: Node): node is hbs.AST.BlockStatement {
  return node.type === 'BlockStatement'
}

export function isPartialStatement(node: Node): node is hbs.AST.PartialStatement {
  return node.type === 'PartialStatement'
}

export function isPartialBlock(node: Node): node is hbs.AST.PartialBlockStatement {
  return node.type === 'PartialBlockStatement'
}

export function isPartialCall(node: Node): node is PartialCall {
  return isPartialStatement(node) || isPartialBlock(node)
}

/** `{{* name}}` and `{{#* name}}…{{/name}}`. */
export function isDecorator(node: Node): node is hbs.AST.Decorator | hbs.AST.DecoratorBlock {
  return node.type === 'Decorator' || isDecoratorBlock(node)
}

export function isDecoratorBlock(node: Node): node is hbs.AST.DecoratorBlock {
  return node.type === 'DecoratorBlock'
}

export function isPath(node: Node): node is Path {
  return node.type === 'PathExpression'
}

export function isSubExpression(node: Node): node is hbs.AST.SubExpression {
  return node.type === 'SubExpression'
}

export function isString(node: Node): node is hbs.AST.StringLiteral {
  return node.type === 'StringLiteral'
}

/** What `{{name}}` names: `{{"First Name"}}` and `{{12}}` name fields too, as Handlebars reads them. */
export function pathOf(node: Path | hbs.AST.Literal): Path {
  if (isPath(node)) return node
  const name = literalName(node)
  return { type: 'PathExpression', data: false, depth: 0, parts: [name], original: name, loc: node.loc }
}

/** The name of a partial, or undefined if it is only known when the template is filled: `{{> (lookup . "kind")}}`. */
export function partialName(call: PartialCall): string | undefined {
  if (isSubExpression(call.name)) return undefined
  return isPath(call.name) ? call.name.original : literalName(call.name)
}

/** The name that `{{#* inline "name"}}` gives to its block; checked to be a text in quotes when it was read. */
export function inlineName(block: hbs.AST.DecoratorBlock): string {
  const [name] = block.params
  return name !== undefined && isString(name) ? name.value : ''
}

/** A single name, without `this.`, `../` or `@`: only that can be a helper. */
export function isSimpleName(path: Path): boolean {
  return Handlebars.AST.helpers.simpleId(path) && !path.data
}

/**
 * Whether Handlebars takes a path for one that begins with `this` or a dot; such a path never names a block parameter.
 * Its own test, word for word: it is also true of a name that merely ends in "this".
 */
export function isScoped(path: Path): boolean {
  return /^\.|this\b/.test(path.original)
}

/** What a block holds: the part before `{{else}}` and the part after it. Either may be missing. */
export function branchesOf(block: hbs.AST.BlockStatement): {
  program: Program | undefined
  inverse: Program | undefined
} {
  return { program: block.program, inverse: block.inverse }
}

export function hashPairs(node: { readonly hash: hbs.AST.Hash | undefined }): readonly hbs.AST.HashPair[] {
  return node.hash?.pairs ?? []
}

export function blockParams(program: Program): readonly string[] {
  const params: readonly string[] | undefined = program.blockParams
  return params ?? []
}

/** A path as a template writes it: `first_name`, `../name`, `@index`, `[First Name]`. */
export function spell(path: Path): string {
  const parts = path.parts.map(part => (/^[^\s!"#%-,./;<=>@[-^`{-~]+$/.test(part) ? part : `[${part}]`))
  const start = path.data ? '@' : '../'.repeat(path.depth)
  return parts.length === 0 ? start.replace(/\/$/, '') || 'this' : start + parts.join('.')
}

/** `newsletter.hbs:3:7`, line and column from 1. */
export function where(node: { readonly loc: hbs.AST.SourceLocation }): string {
  const { source, start } = node.loc
  return `${source}:${start.line}:${start.column + 1}`
}

/** A mistake in a template, with its place. */
export function templateError(
  node: { readonly loc: hbs.AST.SourceLocation },
  message: string,
  remedy: string,
): UserError {
  return new UserError(message, { where: where(node), remedy })
}

function literalName(literal: Node): string {
  return 'original' in literal ? String(literal.original) : literal.type === 'NullLiteral' ? 'null' : 'undefined'
}
