// The corpus of the end-to-end tests, beside the sample papers that every
// server begins with. Papers and people are invented, like the fixtures'.

export const papers = [
  { ids: ["arxiv:2411.05555"], title: "Separating Two Voices from One Microphone", authors: ["Kenji Ito", "Amélie Durand"], published: "2024-11-08", abstract: "Monaural speech separation splits a mixture of speakers into clean voices. We train a recurrent network without transformers and reach the quality of much larger models." },
  { ids: ["arxiv:2402.01111"], title: "Multigrid Kernels for Neural Operators", authors: ["Jan van der Berg"], published: "2024-02-02", abstract: "Neural operators map functions to functions. Multigrid kernels parameterise them and solve partial differential equations quickly." },
  { ids: ["arxiv:2305.02222"], title: "Error Bounds for Operator Learning of $\\alpha$-H\\\"older Solutions", authors: ["R. Almási", "J. van der Berg", "P. Consortium"], published: "2023-05-03", abstract: "We bound the error of operator learning for solutions of partial differential equations that are Hölder continuous." },
  { ids: ["arxiv:2306.03333", "doi:10.1000/hear.2024.5"], title: "Speech Enhancement for Hearing Aids", authors: ["L. García"], published: "2023-06", abstract: "Hearing aids amplify noise as well as speech. We separate speech from noise in real time." },
  { ids: ["acl:2024.acl-long.17"], title: "Where Low-Rank Adaptation Stops Helping", authors: ["Adaeze Nwosu", "Li Wei"], published: "2024-08", abstract: "Low-rank adaptation is cheap. We show for which tasks its rank is too low." },
];
