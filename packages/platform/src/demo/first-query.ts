/** What a newcomer may paste: one query that crosses all three subgraphs. */
export const firstQuery = `query FirstQuery {
  search(text: "the godfahter", first: 1) {
    node {
      ... on Movie {
        title
        releaseYear
        director { name }
        rating { average count }
        watchlistCount
        reviews(first: 2) {
          nodes {
            stars
            text
            author { name followerCount }
          }
        }
      }
    }
  }
}
`
