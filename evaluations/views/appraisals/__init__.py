"""物业服务质量考评: pages of the town, the firm, the compound and the auditor."""
