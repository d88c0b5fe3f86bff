import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const ivBytes = 12
const tagBytes = 16

/** Encrypts private keys at rest. */
export type KeyCipher = Readonly<{
  /** @param kid  bound to the text: it cannot be opened under another key's name */
  seal: (kid: string, plain: Uint8Array) => Buffer
  /** null when it was sealed under another secret, for another kid, or was changed */
  open: (kid: string, sealed: Uint8Array) => Buffer | null
}>

/** AES-256-GCM under a key derived (HKDF, SHA-256) from the shared secret. A sealed text is iv, tag, ciphertext. */
export const keyCipher = (secret: string): KeyCipher => {
  const key = Buffer.from(hkdfSync('sha256', secret, 'marquee', 'auth signing keys v1', 32))
  return Object.freeze({
    seal: (kid: string, plain: Uint8Array): Buffer => {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(kid))
      const text = Buffer.concat([cipher.update(plain), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), text])
    },
    open: (kid: string, sealed: Uint8Array): Buffer | null => {
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, ivBytes), {
          authTagLength: tagBytes,
        })
        decipher.setAAD(Buffer.from(kid)).setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes))
        return Buffer.concat([decipher.update(sealed.subarray(ivBytes + tagBytes)), decipher.final()])
      } catch {
        return null
      }
    },
  })
}
